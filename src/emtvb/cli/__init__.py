"""The command emtvb, a module a command."""
