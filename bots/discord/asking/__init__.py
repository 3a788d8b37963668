"""What people ask by commands, menus, buttons and forms, and what each of these means."""
