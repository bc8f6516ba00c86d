# Third-party libraries, all from Debian 12.  Link with PkgConfig::<name> as spelled here, libev with
# Libev::libev.  Their headers count as system headers, so our warnings stay about our code.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

foreach(library libwebsockets openssl libpq json-c libcurl inih cmocka)
	pkg_check_modules(${library} REQUIRED IMPORTED_TARGET ${library})
endforeach()

# Debian's libev comes without a pkg-config file.
find_path(LIBEV_INCLUDE_DIR ev.h REQUIRED)
find_library(LIBEV_LIBRARY ev REQUIRED)
mark_as_advanced(LIBEV_INCLUDE_DIR LIBEV_LIBRARY)
add_library(Libev::libev UNKNOWN IMPORTED)
set_target_properties(Libev::libev PROPERTIES
	IMPORTED_LOCATION "${LIBEV_LIBRARY}"
	INTERFACE_INCLUDE_DIRECTORIES "${LIBEV_INCLUDE_DIR}")
