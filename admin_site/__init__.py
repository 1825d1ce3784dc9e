"""The face of TicketFlower: one admin site per role, and the public pages."""
