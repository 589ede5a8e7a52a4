"""Query restriction: one policy a file, each with what it decides and what its decision rests on."""
