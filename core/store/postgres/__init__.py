"""The store on PostgreSQL: a pool of connections."""
