# Plotly, the charts of a report, minified and packed: the distribution's package python3-plotly has the
# library, esbuild minifies it. Sets CARRYSCOPE_PLOTLY to a gzip file of the build folder; an empty file
# where a package is missing.
find_file(PLOTLY_JS plotly.js PATHS /usr/share/python3-plotly /usr/share/javascript/plotly NO_DEFAULT_PATH)
find_program(ESBUILD esbuild)
find_program(GZIP gzip)
mark_as_advanced(PLOTLY_JS ESBUILD GZIP)
if(PLOTLY_JS AND ESBUILD AND GZIP)
  set(CARRYSCOPE_PLOTLY ${CMAKE_BINARY_DIR}/plotly.min.js.gz)
  add_custom_command(
    OUTPUT ${CARRYSCOPE_PLOTLY}
    COMMAND ${ESBUILD} --minify --log-level=error --legal-comments=inline ${PLOTLY_JS}
            --outfile=${CMAKE_BINARY_DIR}/plotly.min.js
    COMMAND ${GZIP} -9nkf ${CMAKE_BINARY_DIR}/plotly.min.js
    DEPENDS ${PLOTLY_JS}
    COMMENT "Packing plotly.js"
    VERBATIM)
else()
  set(CARRYSCOPE_PLOTLY ${CMAKE_BINARY_DIR}/plotly.absent)
  file(TOUCH ${CARRYSCOPE_PLOTLY})
  carryscope_absent("plotly.js or esbuild" "reports show tables in place of charts")
endif()
