"""A subscriber of WebSub made of Flask-WebSub: it discovers the hub of a feed, subscribes, and prints what it is told.

    websub_subscriber.py ADDRESS FOLDER

Each line is JSON: that the hub has confirmed, then each notification. It ends with its standard input.
"""

import json
import sys
import threading

from flask import Flask
from flask_websub.subscriber import SQLite3SubscriberStorage, SQLite3TempSubscriberStorage, Subscriber, discover
from werkzeug.serving import make_server


def main(address: str, folder: str) -> None:
    app = Flask(__name__)
    subscriber = Subscriber(
        SQLite3SubscriberStorage(f"{folder}/subscriptions"), SQLite3TempSubscriberStorage(f"{folder}/requests")
    )
    app.register_blueprint(subscriber.build_blueprint(url_prefix="/callback"))
    subscriber.add_success_handler(lambda topic, _callback, mode: say(event=mode, topic=topic))
    subscriber.add_error_handler(lambda topic, _callback, error: say(event="error", topic=topic, error=str(error)))
    subscriber.add_listener(lambda topic, _callback, body: say(event="told", topic=topic, body=body.decode()))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    app.config["SERVER_NAME"] = f"127.0.0.1:{server.port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with app.app_context():
        subscriber.subscribe(**discover(address, timeout=60))
    sys.stdin.read()


def say(**facts: str) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


main(*sys.argv[1:])
