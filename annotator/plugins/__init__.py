"""The bundled plugins as modules: `annotator.plugins.coco`.

They lie in the folder `plugins/`, which ships beside the code, and are imported from there under this name. As
`plugins` they would take the name of any other package that is called so.
"""

from annotator.bundle import bundled

__path__ = [str(bundled("plugins"))]
