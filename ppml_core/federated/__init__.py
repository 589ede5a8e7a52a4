"""Learning among holders who keep their people: what a client does, what the server makes of it, and both in one."""
