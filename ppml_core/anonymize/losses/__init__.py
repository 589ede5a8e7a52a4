"""What a generalization loses, one measure a file."""
