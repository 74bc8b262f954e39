import json, os, sys
from qgis.core import QgsApplication, QgsMapRendererParallelJob, QgsMapSettings, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

def draw(path, folder, name):
    layer = QgsVectorLayer(path + "|layername=" + name, name, "ogr")
    if not layer.isValid():
        return {"Valid": False}
    QgsProject.instance().addMapLayer(layer)
    renderer = layer.renderer()
    out = {"Valid": True, "Renderer": renderer.type(), "Count": layer.featureCount()}
    if renderer.type() == "categorizedSymbol":
        out["Attribute"] = renderer.classAttribute()
        out["Categories"] = [c.label() for c in renderer.categories()]
    if renderer.type() == "graduatedSymbol":
        out["Attribute"] = renderer.classAttribute()
        out["Categories"] = [r.label() for r in renderer.ranges()]
    out["Aliases"] = {f.name(): layer.attributeAlias(i) for i, f in enumerate(layer.fields())}
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
    job.renderedImage().save(os.path.join(folder, name + ".png"))
    return out

app = QgsApplication([], False)
app.initQgis()
json.dump({name: draw(sys.argv[1], sys.argv[2], name) for name in sys.argv[3:]}, sys.stdout)
sys.stdout.flush()
# The process ends here: QGIS's own tidying up can crash without a display.
os._exit(0)
