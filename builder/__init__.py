"""Build: a commit becomes an image, named by its digest, in the local registry."""
