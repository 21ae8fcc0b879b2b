def hello():
    return "Hello
