"""What imports Flower: run in the processes of server and nodes alone, never in the one that starts them."""
