"""Run by Alembic: each migration in one transaction of the connection that kb.store.maintenance.migration holds."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], transactional_ddl=True, transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
