"""What dbproxy answers, as rows, and the client that asks for them. A file of rows and a file of the client by area."""
