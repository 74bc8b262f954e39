import json, sys
from osgeo import gdal, ogr
gdal.UseExceptions()
ds = gdal.OpenEx(sys.argv[1], gdal.OF_VECTOR | gdal.OF_READONLY)
layers = []
for i in range(ds.GetLayerCount()):
    layer = ds.GetLayer(i)
    defn = layer.GetLayerDefn()
    srs = layer.GetSpatialRef()
    spatial = layer.GetGeomType() != ogr.wkbNone
    out = {
        "Name": layer.GetName(),
        "Geometry": ogr.GeometryTypeToName(layer.GetGeomType()),
        "EPSG": srs.GetAuthorityCode(None) if srs else "",
        "Extent": layer.GetExtent() if spatial and layer.GetFeatureCount() else None,
        "Fields": [],
        "Features": [],
    }
    for k in range(defn.GetFieldCount()):
        d = defn.GetFieldDefn(k)
        sub = "" if d.GetSubType() == 0 else "/" + ogr.GetFieldSubTypeName(d.GetSubType())
        out["Fields"].append(d.GetName() + ":" + d.GetTypeName() + sub)
    for feature in layer:
        g = feature.GetGeometryRef()
        values = {}
        for k in range(defn.GetFieldCount()):
            values[defn.GetFieldDefn(k).GetName()] = feature.GetField(k) if feature.IsFieldSetAndNotNull(k) else None
        out["Features"].append({"WKT": g.ExportToWkt() if g else "", "Valid": bool(g and g.IsValid()), "Values": values})
    layers.append(out)
json.dump(layers, sys.stdout)
