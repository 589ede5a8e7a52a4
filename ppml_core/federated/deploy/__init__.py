"""Federated learning among real processes: Flower's SuperLink and SuperNodes around the client and the strategies of
`ppml_core.federated`.

In: a model, a plan, and each node's own file. Out: the same rounds as from the engine in one process, with the bytes
that travelled. A server is one process (SuperLink and the rounds), a node is one process (SuperNode and the client);
Flower is imported in those two alone, never by who starts them.
"""
