"""What the server makes of the clients' updates: one file for each way."""
