"""Warnings that point at the person's own line."""

from lamella._base.warn import warn_person as warn_person
