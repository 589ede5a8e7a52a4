"""Computing on ciphertexts: one process holds the secret key, another the model or the sum; bytes pass between them.

In: a model's weights and rows of features, or updates of federated clients, as arrays. Out: what the key holder
decrypts, with what it cost, and `threats`: who learns what. CKKS (Cheon, Kim, Kim, Song 2017) by TenSEAL's binding of
SEAL, under parameters chosen from a security level. It protects the computation, not its output (EVIDENCE 19).
"""
