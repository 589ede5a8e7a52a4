"""What noise costs: exact Gaussian differential privacy, and the public numbers a budget starts from."""
