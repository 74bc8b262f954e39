<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields" labelsEnabled="0">
 <renderer-v2 type="graduatedSymbol" attr="seconds" symbollevels="0" forceraster="0" enableorderby="0">
  <categories></categories>
  <ranges>
   <range lower="-1e300" upper="600" symbol="0" label="10 min ou moins" render="true"></range>
   <range lower="600" upper="1e+300" symbol="1" label="plus de 10 min" render="true"></range>
  </ranges>
  <symbols>
   <symbol type="line" name="0" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="0" locked="0">
     <prop k="line_color" v="255,255,178,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.5"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
    </layer>
   </symbol>
   <symbol type="line" name="1" alpha="1" clip_to_extent="1">
    <layer class="SimpleLine" enabled="1" pass="0" locked="0">
     <prop k="line_color" v="189,0,38,255"></prop>
     <prop k="line_style" v="solid"></prop>
     <prop k="line_width" v="0.5"></prop>
     <prop k="line_width_unit" v="MM"></prop>
     <prop k="capstyle" v="round"></prop>
     <prop k="joinstyle" v="round"></prop>
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
