"""What travels between the services, and the rules that it obeys: no input, no output, none of our other packages."""
