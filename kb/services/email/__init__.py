"""E-mail messages: written in the transaction of the action, sent later from the outbox."""
