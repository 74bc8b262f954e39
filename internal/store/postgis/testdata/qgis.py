# Opens views of a PostGIS database as QGIS does and says what it finds:
# qgis.py HOST PORT DATABASE USER PASSWORD SCHEMA VIEW…
import json, os, sys
from qgis.core import QgsApplication, QgsDataSourceUri, QgsMapRendererParallelJob, QgsMapSettings, QgsProject, QgsVectorLayer, QgsWkbTypes
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

def pixels(layer):
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setBackgroundColor(QColor(255, 255, 255))
    settings.setOutputSize(QSize(400, 400))
    extent = layer.extent()
    extent.grow(max(extent.width(), extent.height()) / 20)
    settings.setExtent(extent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image, count = job.renderedImage(), {}
    for y in range(image.height()):
        for x in range(image.width()):
            name = image.pixelColor(x, y).name()
            count[name] = count.get(name, 0) + 1
    return count

def describe(database, schema, view):
    uri = QgsDataSourceUri()
    uri.setConnection(*database)
    uri.setDataSource(schema, view, "geom", "", "fid")
    layer = QgsVectorLayer(uri.uri(False), view, "postgres")
    if not layer.isValid():
        return {"Valid": False}
    QgsProject.instance().addMapLayer(layer)
    renderer, extent = layer.renderer(), layer.extent()
    out = {
        "Valid": True, "Count": layer.featureCount(), "CRS": layer.crs().authid(),
        "Geometry": QgsWkbTypes.displayString(layer.wkbType()),
        "Extent": [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()],
        "Key": [layer.fields()[i].name() for i in layer.primaryKeyAttributes()],
        "Fields": {f.name(): f.typeName() for f in layer.fields()},
        "Aliases": {f.name(): layer.attributeAlias(i) for i, f in enumerate(layer.fields())},
        "Comments": {f.name(): f.comment() for f in layer.fields()},
        "Renderer": renderer.type(), "Pixels": pixels(layer),
    }
    if renderer.type() == "categorizedSymbol":
        out["Legend"] = [c.label() for c in renderer.categories()]
    if renderer.type() == "graduatedSymbol":
        out["Legend"] = [r.label() for r in renderer.ranges()]
    return out

app = QgsApplication([], False)
app.initQgis()
json.dump({view: describe(sys.argv[1:6], sys.argv[6], view) for view in sys.argv[7:]}, sys.stdout)
sys.stdout.flush()
# The process ends here: QGIS's own tidying up can crash without a display.
os._exit(0)
