"""What each user of RabbitMQ may do: the rights of definitions.json in a virtual host of their own.

The users are copies (`try-builder`), so that the installation's own are left alone.
"""

import json
import secrets
from contextlib import closing
from urllib.parse import quote, urlsplit

import pika
import pytest
import requests
from pika.exceptions import ChannelClosedByBroker

from cli import broker as users
from cli.instance import ROOT
from common.wire import broker, stages
from common.worker.publisher import Publisher
from common.worker.spool import Spool
from dashboard.live.lines import LineHub
from dashboard.live.mailbox import Mailbox
from tests.contract.dbproxy import inside
from tests.contract.dbproxy.world import message

HOST, FILE = "try", "/tmp/try.json"
STAGES = {worker: stages.of_worker(worker) for worker in stages.WORKERS}
REFUSED = 403


class Broker:
    def __init__(self, host: str):
        rights = json.loads((ROOT / users.SOURCE / users.DEFINITIONS).read_text())
        self.names = [user["name"] for user in rights["users"]]
        self._host = host
        self._password = secrets.token_hex(16)
        made = users.definitions(rights, {user["password_from"]: self._password for user in rights["users"]}, {})
        for item in (*made["users"], *made["permissions"], *made["topic_permissions"]):
            item.update({key: f"try-{item[key]}" for key in ("user", "name") if key in item},
                        **({"vhost": HOST} if "vhost" in item else {}))
        made["vhosts"] = [{"name": HOST}]
        inside.command("rabbitmq", "sh", "-c", f"cat > {FILE} && rabbitmqctl -q import_definitions {FILE}; rm {FILE}",
                       given=json.dumps(made))

    def remove(self) -> None:
        """With what a test made although it may not."""
        names = ", ".join(f'<<"try-{name}">>' for name in (*self.names, "mine"))
        inside.command("rabbitmq", "rabbitmqctl", "-q", "eval",
                       f'[catch rabbit_vhost:delete(Host, <<"tests">>) || Host <- [<<"{HOST}">>, <<"{HOST}-mine">>]], '
                       f'[catch rabbit_auth_backend_internal:delete_user(User, <<"tests">>) || User <- [{names}]].')

    def url(self, user: str) -> str:
        return f"amqp://try-{user}:{self._password}@{self._host}:5672/{HOST}"

    def connect(self, user: str) -> pika.BlockingConnection:
        return pika.BlockingConnection(pika.URLParameters(self.url(user)))

    def api(self, method: str, path: str, user: str = "continuum", body: dict | None = None) -> int:
        """The status that the management API answers; it reports a refused publish as 400 with the broker's 403 as text."""
        answer = self._ask(method, path, user, body)
        return REFUSED if answer.status_code == 400 and "403 ACCESS_REFUSED" in answer.text else answer.status_code

    def seen(self, path: str) -> list[dict]:
        return self._ask("GET", path, "continuum", None).json()

    def _ask(self, method: str, path: str, user: str, body: dict | None) -> requests.Response:
        return requests.request(method, f"http://{self._host}:15672/api/{path}", json=body, timeout=20,
                                auth=(f"try-{user}", self._password))


def declare(bus: Broker) -> None:
    """As dbproxy does at its start."""
    with closing(bus.connect("dbproxy")) as connection:
        channel = connection.channel()
        for method, arguments in broker.declarations():
            getattr(channel, method)(**arguments)


@pytest.fixture(scope="module")
def bus(rabbitmq_url):
    bus = Broker(urlsplit(rabbitmq_url).hostname)
    try:
        declare(bus)
        yield bus
    finally:
        bus.remove()


def test_a_line_goes_from_a_worker_to_the_store_and_to_who_looks(bus, tmp_path, eventually):
    """The control: with these rights Publisher, the store's consumer and LineHub do all that they have to."""
    hub, mailbox, stored = LineHub(bus.url("dashboard")), Mailbox(100), []
    spool = Spool(str(tmp_path / "spool.db"), 10**6)
    publisher = Publisher(bus.url("builder"), spool)
    hub.loop.start()
    eventually(lambda: hub.connected)
    with hub.watch((7, "build", 1), mailbox), closing(bus.connect("dbproxy")) as connection:
        publisher.loop.start()
        spool.add(broker.routing_key(7, "build"), message(7, 1, ["a line"]))
        channel = connection.channel()
        channel.basic_consume(broker.STORE_QUEUE, lambda channel, method, _, body: (
            stored.append(body), channel.basic_ack(method.delivery_tag)))
        eventually(lambda: connection.process_data_events(0.1) or stored)
        assert [row[3] for row in mailbox.take(10).rows] == ["a line"]
        assert spool.wait_empty(10)
    publisher.stop()
    hub.stop()


def test_lines_wait_until_dbproxy_has_declared_the_exchange(bus, tmp_path, eventually):
    with closing(bus.connect("dbproxy")) as connection:
        connection.channel().exchange_delete(broker.EXCHANGE)
    spool = Spool(str(tmp_path / "spool.db"), 10**6)
    spool.add(broker.routing_key(8, "test"), message(8, 1, ["early"], job=("test", 1)))
    publisher = Publisher(bus.url("tester"), spool)
    publisher.loop.start()
    try:
        eventually(lambda: "no exchange 'continuum.logs'" in publisher.state)
        assert spool.bytes
    finally:
        declare(bus)
    assert spool.wait_empty(15)
    publisher.stop()


@pytest.mark.parametrize(("worker", "stage"), [(worker, stage) for worker, own in STAGES.items() for stage in own])
def test_a_worker_publishes_lines_of_its_stage(bus, worker, stage):
    with closing(bus.connect(worker)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(broker.EXCHANGE, broker.routing_key(1, stage), b"{}", mandatory=True)


def publish(key, exchange=broker.EXCHANGE):
    def act(channel):
        channel.confirm_delivery()
        channel.basic_publish(exchange, key, b"{}", mandatory=True)
    return act


def bind(key, exchange=broker.EXCHANGE):
    def act(channel):
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, exchange, key)
    return act


EVERYBODY = {
    "read the store's queue": lambda channel: channel.basic_get(broker.STORE_QUEUE),
    "read the dead letters": lambda channel: channel.basic_get(broker.DEAD_QUEUE),
    "empty the store's queue": lambda channel: channel.queue_purge(broker.STORE_QUEUE),
    "delete the store's queue": lambda channel: channel.queue_delete(broker.STORE_QUEUE),
    "delete the exchange": lambda channel: channel.exchange_delete(broker.EXCHANGE),
    "take the store's queue off": lambda channel: channel.queue_unbind(broker.STORE_QUEUE, broker.EXCHANGE, "log.#"),
    "declare a queue": lambda channel: channel.queue_declare("mine"),
    "declare an exchange": lambda channel: channel.exchange_declare("mine", "fanout"),
    "write into the store's queue": publish(broker.STORE_QUEUE, ""),
    "write into the dead letters": publish("x", broker.DEAD_EXCHANGE),
    "write elsewhere": publish("x", "amq.topic"),
    "listen to all": bind("log.#"),
    "listen to the dead letters": bind("", broker.DEAD_EXCHANGE),
}
WORKERS = {f"write {stage}": publish(broker.routing_key(1, stage)) for own in STAGES.values() for stage in own}
REFUSALS = [
    *(pytest.param(user, act, id=f"{user}: {name}") for user in (*STAGES, "dashboard", "continuum")
      for name, act in EVERYBODY.items()),
    *(pytest.param(worker, WORKERS[f"write {stage}"], id=f"{worker}: write {stage}") for worker in STAGES
      for own in STAGES.values() for stage in own if stage not in STAGES[worker]),
    *(pytest.param(user, act, id=f"{user}: {name}") for user in ("dashboard", "dbproxy", "continuum")
      for name, act in WORKERS.items()),
    *(pytest.param("dbproxy", EVERYBODY[name], id=f"dbproxy: {name}") for name in
      ("declare a queue", "declare an exchange", "write into the store's queue", "write elsewhere")),
    *(pytest.param(worker, bind("log.1.build"), id=f"{worker}: listen to a job") for worker in STAGES),
]


@pytest.mark.parametrize(("user", "act"), REFUSALS)
def test_more_than_its_own_is_refused(bus, user, act):
    with closing(bus.connect(user)) as connection:
        with pytest.raises(ChannelClosedByBroker) as refused:
            act(connection.channel())
        assert refused.value.reply_code == REFUSED


SEES = ("overview", "nodes", "connections", "channels", "exchanges", "queues", f"queues/{HOST}/{broker.STORE_QUEUE}",
        "bindings", "whoami")
QUEUE, EXCHANGE = f"queues/{HOST}/{broker.STORE_QUEUE}", f"exchanges/{HOST}/{broker.EXCHANGE}"
CHANGES = {
    "see users": ("GET", "users", None),
    "export definitions": ("GET", "definitions", None),
    "declare a queue": ("PUT", f"queues/{HOST}/mine", {"durable": True}),
    "delete a queue": ("DELETE", QUEUE, None),
    "empty a queue": ("DELETE", f"{QUEUE}/contents", None),
    "take a message": ("POST", f"{QUEUE}/get", {"count": 1, "ackmode": "ack_requeue_false", "encoding": "auto"}),
    "look at a message": ("POST", f"{QUEUE}/get", {"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto"}),
    "publish": ("POST", f"{EXCHANGE}/publish", {"routing_key": "log.1.build", "payload": "{}", "payload_encoding":
                                                "string", "properties": {}}),
    "publish to a queue": ("POST", f"exchanges/{HOST}/amq.default/publish", {
        "routing_key": broker.STORE_QUEUE, "payload": "{}", "payload_encoding": "string", "properties": {}}),
    "declare an exchange": ("PUT", f"exchanges/{HOST}/mine", {"type": "fanout"}),
    "delete the exchange": ("DELETE", EXCHANGE, None),
    "bind": ("POST", f"bindings/{HOST}/e/{broker.EXCHANGE}/q/{broker.STORE_QUEUE}", {"routing_key": "x"}),
    "make a user": ("PUT", "users/try-mine", {"password": "x", "tags": "administrator"}),
    "become an administrator": ("PUT", "users/try-continuum", {"password": "x", "tags": "administrator"}),
    "give itself rights": ("PUT", f"permissions/{HOST}/try-continuum", {"configure": ".*", "write": ".*", "read": ".*"}),
    "make a virtual host": ("PUT", f"vhosts/{HOST}-mine", {}),
    "delete the virtual host": ("DELETE", f"vhosts/{HOST}", None),
    "set a policy": ("PUT", f"policies/{HOST}/mine", {"pattern": ".*", "definition": {"max-length": 1}}),
    "set a parameter": ("PUT", "global-parameters/try-mine", {"name": "try-mine", "value": 1}),
    "import definitions": ("POST", "definitions", {"users": []}),
    "rebalance": ("POST", "rebalance/queues", {}),
}


@pytest.mark.parametrize("path", SEES)
def test_people_see_the_broker(bus, path):
    assert bus.api("GET", path) == 200


@pytest.mark.parametrize("way", CHANGES)
def test_people_change_nothing(bus, way):
    method, path, body = CHANGES[way]
    assert bus.api(method, path, body=body) in (401, 403)


def test_people_end_no_connection(bus, eventually):
    with closing(bus.connect("builder")) as connection:
        found = eventually(lambda: [item["name"] for item in bus.seen("connections") if item["user"] == "try-builder"])
        for name in found:
            assert bus.api("DELETE", f"connections/{quote(name, safe='')}") in (401, 403)
        connection.process_data_events(0)
        assert connection.is_open


@pytest.mark.parametrize("user", [*STAGES, "dashboard", "dbproxy"])
def test_a_service_has_no_access_to_the_management(bus, user):
    assert bus.api("GET", "overview", user) == 401
