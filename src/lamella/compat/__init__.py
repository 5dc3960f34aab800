"""Old code as it stands: the names `tensorflow` and `keras`, and the paths of old versions."""

from lamella.compat.installation import Installation as Installation
from lamella.compat.installation import install as install
from lamella.compat.installation import uninstall as uninstall
from lamella.compat.script import run_script as run_script
