/** Cases that do not pass, with what happens instead and why. The test fails when one passes or a new one appears. */
export interface KnownFailure {
  readonly outcome: 'refused' | 'differs' | 'fails'
  readonly reason: string
}

export const KNOWN_FAILURES: Readonly<Record<string, KnownFailure>> = {
  'doc-inline-external-table-operator-01': {
    outcome: 'differs',
    reason: 'the storage of an example company is not given, so the table is empty, and a note says so',
  },
  'doc-inline-external-table-operator-02': {
    outcome: 'differs',
    reason: 'the storage of an example company is not given, so the table is empty, and a note says so',
  },
  'doc-node-degree-in-01': {
    outcome: 'differs',
    reason: 'the printed table has an Ellen who is not in the data; the other rows agree',
  },
  'doc-table-function-02': {
    outcome: 'refused',
    reason: 'the table ‘StormEvents’: needs the sample table StormEvents, which is not part of the cases',
  },
  'eng-active-users-count-plugin-00': {
    outcome: 'refused',
    reason: 'the plugin active_users_count(): no public hunting query uses this plugin',
  },
  'eng-datetime-part-function-00': {
    outcome: 'refused',
    reason: 'datetime_part("nanosecond"): datetimes hold microseconds here (S0.4)',
  },
  'eng-geo-closest-point-on-polygon-function-01': {
    outcome: 'refused',
    reason:
      'the function geo_closest_point_on_polygon(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-geohash-neighbors-function-03': {
    outcome: 'refused',
    reason:
      'the function geo_union_polygons_array(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-h3cell-neighbors-function-03': {
    outcome: 'refused',
    reason:
      'the function geo_union_polygons_array(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-intersection-2lines-function-00': {
    outcome: 'refused',
    reason:
      'the function geo_intersection_2lines(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-intersection-2lines-function-01': {
    outcome: 'refused',
    reason:
      'the function geo_intersection_2lines(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-intersection-2lines-function-03': {
    outcome: 'refused',
    reason:
      'the function geo_intersection_2lines(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-intersection-2polygons-function-01': {
    outcome: 'refused',
    reason:
      'the function geo_intersection_2polygons(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-intersection-line-with-polygon-function-00': {
    outcome: 'refused',
    reason:
      'the function geo_intersection_line_with_polygon(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-intersection-line-with-polygon-function-02': {
    outcome: 'refused',
    reason:
      'the function geo_intersection_line_with_polygon(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-intersection-line-with-polygon-function-06': {
    outcome: 'refused',
    reason:
      'the function geo_intersection_2lines(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-intersects-2lines-function-02': {
    outcome: 'refused',
    reason:
      'the function geo_intersects_2lines(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-intersects-line-with-polygon-function-03': {
    outcome: 'refused',
    reason:
      'the function geo_intersects_2lines(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-buffer-function-00': {
    outcome: 'refused',
    reason:
      'the function geo_line_buffer(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-buffer-function-01': {
    outcome: 'refused',
    reason:
      'the function geo_line_buffer(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-buffer-function-03': {
    outcome: 'refused',
    reason:
      'the function geo_line_buffer(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-centroid-function-00': {
    outcome: 'refused',
    reason:
      'the function geo_line_centroid(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-densify-function-00': {
    outcome: 'refused',
    reason:
      'the function geo_line_densify(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-densify-function-02': {
    outcome: 'refused',
    reason:
      'the function geo_line_densify(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-densify-function-03': {
    outcome: 'refused',
    reason:
      'the function geo_line_densify(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-interpolate-point-function-02': {
    outcome: 'refused',
    reason:
      'the function geo_line_interpolate_point(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-locate-point-function-00': {
    outcome: 'refused',
    reason:
      'the function geo_line_locate_point(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-locate-point-function-01': {
    outcome: 'refused',
    reason:
      'the function geo_line_locate_point(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-lookup-plugin-00': {
    outcome: 'refused',
    reason:
      'the plugin geo_line_lookup(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-lookup-plugin-03': {
    outcome: 'refused',
    reason:
      'the plugin geo_line_lookup(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-simplify-function-00': {
    outcome: 'refused',
    reason:
      'the function geo_line_simplify(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-simplify-function-03': {
    outcome: 'refused',
    reason:
      'the function geo_line_simplify(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-simplify-function-05': {
    outcome: 'refused',
    reason:
      'the function geo_line_simplify(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-line-to-s2cells-function-01': {
    outcome: 'refused',
    reason: 'the function geo_line_to_s2cells(): no S2 grid here',
  },
  'eng-geo-point-buffer-function-00': {
    outcome: 'refused',
    reason:
      'the function geo_point_buffer(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-point-in-polygon-function-03': {
    outcome: 'refused',
    reason: 'partition with a query in braces: no public hunting query uses it',
  },
  'eng-geo-point-to-s2cell-function-05': {
    outcome: 'refused',
    reason: 'the function geo_point_to_s2cell(): no S2 grid here',
  },
  'eng-geo-polygon-to-h3cells-function-00': {
    outcome: 'differs',
    reason: 'the same cells in another order, which is not documented',
  },
  'eng-geo-polygon-to-h3cells-function-01': {
    outcome: 'differs',
    reason: 'the same cells in another order, which is not documented',
  },
  'eng-geo-polygon-area-function-03': {
    outcome: 'refused',
    reason:
      'the function geo_polygon_area(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-buffer-function-00': {
    outcome: 'refused',
    reason:
      'the function geo_polygon_buffer(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-buffer-function-01': {
    outcome: 'refused',
    reason:
      'the function geo_polygon_buffer(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-buffer-function-03': {
    outcome: 'refused',
    reason:
      'the function geo_polygon_buffer(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-centroid-function-01': {
    outcome: 'refused',
    reason:
      'the function geo_polygon_centroid(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-centroid-function-02': {
    outcome: 'refused',
    reason:
      'the function geo_polygon_centroid(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-densify-function-00': {
    outcome: 'refused',
    reason:
      'the function geo_polygon_densify(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-densify-function-02': {
    outcome: 'refused',
    reason:
      'the function geo_polygon_densify(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-lookup-plugin-00': {
    outcome: 'refused',
    reason:
      'the plugin geo_polygon_lookup(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-lookup-plugin-01': {
    outcome: 'refused',
    reason:
      'the plugin geo_polygon_lookup(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-lookup-plugin-02': {
    outcome: 'refused',
    reason:
      'the plugin geo_polygon_lookup(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-lookup-plugin-03': {
    outcome: 'refused',
    reason:
      'the plugin geo_polygon_lookup(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-simplify-function-05': {
    outcome: 'refused',
    reason:
      'the function geo_polygon_simplify(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-polygon-to-s2cells-function-04': {
    outcome: 'refused',
    reason: 'the function geo_polygon_to_s2cells(): no S2 grid here',
  },
  'eng-geo-polygon-to-s2cells-function-05': {
    outcome: 'refused',
    reason: 'the function geo_polygon_to_s2cells(): no S2 grid here',
  },
  'eng-geo-s2cell-neighbors-function-00': {
    outcome: 'refused',
    reason: 'the function geo_s2cell_neighbors(): no S2 grid here',
  },
  'eng-geo-s2cell-to-central-point-function-00': {
    outcome: 'refused',
    reason: 'the function geo_s2cell_to_central_point(): no S2 grid here',
  },
  'eng-geo-s2cell-to-polygon-function-00': {
    outcome: 'refused',
    reason: 'the function geo_s2cell_to_polygon(): no S2 grid here',
  },
  'eng-geo-s2cell-to-polygon-function-01': {
    outcome: 'refused',
    reason: 'the function geo_point_to_s2cell(): no S2 grid here',
  },
  'eng-geo-union-lines-array-function-00': {
    outcome: 'refused',
    reason:
      'the function geo_union_lines_array(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-union-lines-array-function-01': {
    outcome: 'refused',
    reason:
      'the function geo_union_lines_array(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-union-lines-array-function-02': {
    outcome: 'refused',
    reason:
      'the function geo_union_lines_array(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geo-union-polygons-array-function-02': {
    outcome: 'refused',
    reason:
      'the function geo_union_polygons_array(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-geospatial-joins-00': {
    outcome: 'refused',
    reason: 'the function geo_point_to_s2cell(): no S2 grid here',
  },
  'eng-geospatial-joins-02': {
    outcome: 'refused',
    reason:
      'the plugin geo_polygon_lookup(): needs a geometry kernel on the sphere; no public hunting query uses it',
  },
  'eng-reduce-operator-03': {
    outcome: 'refused',
    reason: 'the operator ‘reduce’: no public hunting query uses it',
  },
  'eng-series-periods-validate-function-01': {
    outcome: 'refused',
    reason: 'the operator ‘series_periods_validate$tuple’: an algorithm whose details are not published',
  },
  'eng-session-count-plugin-01': {
    outcome: 'refused',
    reason: 'the plugin session_count(): no public hunting query uses this plugin',
  },
  'loco-DateTimeTests-ToDateTime3': {
    outcome: 'differs',
    reason: 'the re-implementation reads 13-02-2022 as a date, which Microsoft’s parser does not',
  },
  'loco-SimpleFunctionTests-SplitWithRequestedIndex': {
    outcome: 'differs',
    reason: 'the real engine gives an array of one element (eng-split-function)',
  },
}
