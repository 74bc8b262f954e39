import json, sys
from qgis.core import QgsApplication, QgsMapRendererParallelJob, QgsMapSettings, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
path, name, png = sys.argv[1:]
app = QgsApplication([], False)
app.initQgis()
layer = QgsVectorLayer(path + "|layername=" + name, name, "ogr")
out = {"Valid": layer.isValid(), "PNG": png}
if layer.isValid():
    QgsProject.instance().addMapLayer(layer)
    renderer = layer.renderer()
    out["Renderer"] = renderer.type()
    if renderer.type() == "categorizedSymbol":
        out["Attribute"] = renderer.classAttribute()
        out["Categories"] = [c.label() for c in renderer.categories()]
    out["Aliases"] = {f.name(): layer.attributeAlias(i) for i, f in enumerate(layer.fields())}
    out["Count"] = layer.featureCount()
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setBackgroundColor(QColor(255, 255, 255))
    settings.setOutputSize(QSize(600, 600))
    extent = layer.extent()
    extent.scale(1.1)
    settings.setExtent(extent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(png)
json.dump(out, sys.stdout)
sys.stdout.flush()
# The process ends here: QGIS's own tidying up can crash without a display.
import os
os._exit(0)
