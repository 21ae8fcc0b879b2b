"""How a fake is called: as a ServiceClient, and by routes as a service has them."""

import copy
import re


class Client:
    """The methods of a ServiceClient over `call`."""

    url = "http://fake:8000"

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def put(self, path, json=None, **options):
        return self.call("PUT", path, json=json, **options)

    def post(self, path, json=None, **options):
        return self.call("POST", path, json=json, **options)

    def patch(self, path, json=None, **options):
        return self.call("PATCH", path, json=json, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)


def route(method, pattern):
    """Decorator: the call that the method answers, its groups as arguments before the body or the query."""
    def mark(answer):
        answer.routes = [*getattr(answer, "routes", []), (method, re.compile(pattern))]
        return answer
    return mark


def routes_of(kind):
    """(method, pattern, answer) of a class and those that it is made of."""
    answers = [getattr(kind, name) for name in dir(kind)]
    return [(method, pattern, answer) for answer in answers for method, pattern in getattr(answer, "routes", [])]


def fresh(template):
    """A row of its own."""
    return copy.deepcopy(template)
