"""The only public entrance: pages, sign-in, the public REST API, live logs."""
