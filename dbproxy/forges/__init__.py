"""What is kept of a forge: the registration there, people's tokens (sealed), pull requests and who approved them."""
