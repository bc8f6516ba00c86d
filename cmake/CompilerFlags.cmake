# Warnings, hardening and sanitizers for every target below the root.
#
# V2G_WERROR     warnings are errors (continuous integration)
# V2G_SANITIZE   address and undefined behaviour sanitizers
# V2G_FUZZ       Clang's fuzzer besides, for the targets in tests/fuzz

option(V2G_WERROR "Treat warnings as errors" OFF)
option(V2G_SANITIZE "Build with the address and undefined behaviour sanitizers" OFF)
option(V2G_FUZZ "Build the fuzz targets (Clang only)" OFF)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

add_compile_definitions(_DEFAULT_SOURCE)

add_compile_options(
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wcast-align
	-Wwrite-strings -Wvla -Wundef -Wformat=2 -Wnull-dereference -Wdouble-promotion
	-Wimplicit-fallthrough -Wredundant-decls -Wnested-externs -Wunused-macros -Wdate-time)

if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
	add_compile_options(
		-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init
		-Warith-conversion -Wformat-overflow=2 -Wformat-truncation=2 -Wstringop-overflow=4
		-Wuse-after-free=3 -Wdangling-pointer=2 -Wstack-usage=16384 -Wformat-signedness
		-Wimplicit-fallthrough=5 -Wtrampolines)
elseif(CMAKE_C_COMPILER_ID MATCHES "Clang")
	add_compile_options(
		-Wmissing-variable-declarations -Wassign-enum -Wcomma -Wconditional-uninitialized
		-Wextra-semi-stmt -Wloop-analysis -Wshift-sign-overflow -Wunreachable-code
		-Wbitwise-instead-of-logical)
endif()

if(V2G_WERROR)
	add_compile_options(-Werror)
endif()

# What the style guide bans is an error in every build, not only where warnings are errors.
add_compile_options(
	-Werror=vla -Werror=alloca -Werror=implicit-function-declaration
	"SHELL:-include ${PROJECT_SOURCE_DIR}/common/banned.h")

# __FILE__ names files from the root of the tree: binaries do not tell where they were built.
add_compile_options(
	-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/= -fmacro-prefix-map=${PROJECT_BINARY_DIR}/=)

if(V2G_SANITIZE OR V2G_FUZZ)
	set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
	if(V2G_FUZZ)
		# The libraries get the coverage counters, only the fuzz targets get the main().
		add_compile_options(-fsanitize=fuzzer-no-link)
	endif()
	add_compile_options(-g -fno-omit-frame-pointer ${sanitizers})
	add_link_options(${sanitizers})
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT V2G_SANITIZE AND NOT V2G_FUZZ)
	add_compile_options(
		-fstack-protector-strong -fstack-clash-protection -fcf-protection=full
		-fno-strict-aliasing -fPIE)
	if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
		add_compile_options(-ftrivial-auto-var-init=zero)
	endif()
	add_compile_definitions(_FORTIFY_SOURCE=3)
	add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed)
endif()

# Implicit sign changes are errors of thought where bytes from outside become numbers.
function(v2g_strict_signs)
	foreach(target IN LISTS ARGN)
		if(TARGET ${target})
			target_compile_options(${target} PRIVATE -Wsign-conversion)
		endif()
	endforeach()
endfunction()
