"""Edits a layer as a technician does in QGIS: sets fields of a feature, or moves it.

edit.py FILE LAYER ID field=value … [x,y]
"""
import os, sys
from qgis.core import QgsApplication, QgsFeatureRequest, QgsGeometry, QgsPointXY, QgsVectorLayer

app = QgsApplication([], False)
app.initQgis()
path, name, wanted = sys.argv[1:4]
layer = QgsVectorLayer(path + "|layername=" + name, name, "ogr")
feature = next(layer.getFeatures(QgsFeatureRequest().setFilterExpression("\"id\" = '%s'" % wanted)))
ok = layer.startEditing()
for change in sys.argv[4:]:
    if "=" in change:
        field, value = change.split("=", 1)
        ok = layer.changeAttributeValue(feature.id(), layer.fields().indexOf(field), value) and ok
    else:
        x, y = (float(v) for v in change.split(","))
        ok = layer.changeGeometry(feature.id(), QgsGeometry.fromPointXY(QgsPointXY(x, y))) and ok
ok = layer.commitChanges() and ok
print("saved" if ok else layer.commitErrors())
sys.stdout.flush()
# The process ends here: QGIS's own tidying up can crash without a display.
os._exit(0)
