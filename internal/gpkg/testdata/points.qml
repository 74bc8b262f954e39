<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields" labelsEnabled="0">
 <renderer-v2 type="singleSymbol" symbollevels="0" forceraster="0" enableorderby="0">
  <categories></categories>
  <ranges></ranges>
  <symbols>
   <symbol type="marker" name="0" alpha="1" clip_to_extent="1">
    <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
     <prop k="name" v="circle"></prop>
     <prop k="color" v="76,120,168,255"></prop>
     <prop k="size" v="2.6"></prop>
     <prop k="size_unit" v="MM"></prop>
     <prop k="outline_color" v="255,255,255,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.3"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
    </layer>
   </symbol>
  </symbols>
 </renderer-v2>
 <aliases>
  <alias field="state" index="2" name="État"></alias>
  <alias field="seconds" index="3" name="Temps de trajet (s)"></alias>
  <alias field="people" index="4" name="Habitants (persons)"></alias>
  <alias field="imputed" index="5" name=""></alias>
 </aliases>
</qgis>
