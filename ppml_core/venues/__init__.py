"""Where a model is trained or asked: among holders who keep their people, on ciphertexts, or on secret shares."""
