<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields" labelsEnabled="1">
 <renderer-v2 type="categorizedSymbol" attr="state" symbollevels="1" forceraster="0" enableorderby="0">
  <categories>
   <category type="string" value="near" symbol="0" label="à moins de 10 min" render="true"></category>
   <category type="string" value="far" symbol="1" label="au-delà" render="true"></category>
   <category type="string" value="none" symbol="2" label="inaccessible &lt;à pied&gt; &amp; &#34;seul&#34;" render="true"></category>
  </categories>
  <ranges></ranges>
  <symbols>
   <symbol type="fill" name="0" alpha="1" clip_to_extent="1">
    <layer class="SimpleFill" enabled="1" pass="2" locked="0">
     <prop k="style" v="no"></prop>
     <prop k="color" v="26,152,80,255"></prop>
     <prop k="outline_color" v="26,152,80,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.8"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
     <prop k="joinstyle" v="bevel"></prop>
    </layer>
   </symbol>
   <symbol type="fill" name="1" alpha="1" clip_to_extent="1">
    <layer class="SimpleFill" enabled="1" pass="0" locked="0">
     <prop k="style" v="no"></prop>
     <prop k="color" v="215,48,39,255"></prop>
     <prop k="outline_color" v="215,48,39,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.5"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
     <prop k="joinstyle" v="bevel"></prop>
    </layer>
   </symbol>
   <symbol type="fill" name="2" alpha="1" clip_to_extent="1">
    <layer class="SimpleFill" enabled="1" pass="0" locked="0">
     <prop k="style" v="no"></prop>
     <prop k="color" v="127,127,127,255"></prop>
     <prop k="outline_color" v="127,127,127,255"></prop>
     <prop k="outline_style" v="solid"></prop>
     <prop k="outline_width" v="0.5"></prop>
     <prop k="outline_width_unit" v="MM"></prop>
     <prop k="joinstyle" v="bevel"></prop>
    </layer>
   </symbol>
  </symbols>
 </renderer-v2>
 <labeling type="simple">
  <settings>
   <text-style fieldName="state" fontSize="8" fontSizeUnit="Point" textColor="40,40,40,255">
    <text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" bufferColor="255,255,255,255"></text-buffer>
   </text-style>
  </settings>
 </labeling>
 <aliases>
  <alias field="state" index="2" name="État"></alias>
  <alias field="seconds" index="3" name="Temps de trajet (s)"></alias>
  <alias field="people" index="4" name="Habitants (persons)"></alias>
  <alias field="imputed" index="5" name=""></alias>
 </aliases>
</qgis>
