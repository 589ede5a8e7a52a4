"""What this process has sent, as the operating system counts it (Linux): SPU keeps no count that Python can read."""

from __future__ import annotations

import os
import socket
import stat
import struct
from pathlib import Path

TCP_INFO_BYTES = 256
ACKED = 120
"""Offset of tcpi_bytes_acked in Linux's struct tcp_info."""


def bytes_sent() -> int:
    """Bytes that peers have received over this process's open TCP connections, headers of the transport left out."""
    return sum(_acked(int(entry)) for entry in os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0


def _acked(descriptor: int) -> int:
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return 0
        with socket.socket(fileno=os.dup(descriptor)) as connection:
            if connection.type != socket.SOCK_STREAM or connection.family not in (socket.AF_INET, socket.AF_INET6):
                return 0
            info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    except OSError:
        return 0
    return int(struct.unpack_from("<Q", info, ACKED)[0]) if len(info) >= ACKED + 8 and info[0] == 1 else 0
