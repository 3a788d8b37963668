"""Object stores: where pictures live."""
