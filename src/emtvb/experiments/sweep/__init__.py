"""The paper's sweep: its jobs, measures, tables and figures."""
