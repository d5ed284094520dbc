"""The API of Pinboard, version 1 (pinboard.in/api): GET for everything, XML by default, JSON on request."""
