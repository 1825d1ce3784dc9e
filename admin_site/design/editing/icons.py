"""The symbols that a ticket type can be given with one click."""

NAMES = (
    "shopping_cart", "receipt_long", "payments", "credit_card", "savings", "request_quote",
    "laptop_mac", "desktop_windows", "smartphone", "print", "mouse", "headset_mic",
    "build", "handyman", "construction", "plumbing", "electrical_services", "cleaning_services",
    "person_add", "badge", "group", "school", "work", "event",
    "beach_access", "flight", "directions_car", "train", "hotel", "restaurant",
    "local_shipping", "inventory_2", "warehouse", "key", "lock", "security",
    "wifi", "bug_report", "help", "support_agent", "feedback", "campaign",
    "description", "gavel", "health_and_safety", "medical_services", "eco", "local_florist",
)  # fmt: skip


def offered(chosen: str) -> list[str]:
    """Those, and the one that is chosen."""
    return [*NAMES, *([chosen] if chosen and chosen not in NAMES else [])]


def words(name: str) -> str:
    """What is read out: "shopping cart"."""
    return name.replace("_", " ").removesuffix(" 2")
