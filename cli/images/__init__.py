"""Third-party images, from the pinned reference to an image that the engine has.

manifest    images/images.toml as data: which images there are
ensure      decides for each image: present, pulled or made here
pull        pulls one reference through the engine
outcome     sorts what the engine reports about a pull into kinds
refusal     explains a failed pull and names the setting to change
lock        .continuum/images.lock: the digest that each reference gave
hubmirrors  where BuildKit looks for Docker Hub's images
logins      REGISTRY_LOGINS: credentials for people's FROM lines
standins, debian, gobuild   make images here, from packages
mirror      pushes the stand-ins for people's FROM lines into the local registry
"""
