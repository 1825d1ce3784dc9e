"""Pages that change one definition: its name and data, its steps, its ticket types.

Each page shows a part of the canonical document, makes another document of what was typed
(`definitions.editing`), and saves it by one verb (`saving`).
"""
