"""Files that are there whole or not at all."""

from lamella._base.atomic import replacing as replacing
