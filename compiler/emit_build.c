/* CMakeLists.txt and Makefile beside the sources: the trainer against an installed lstmc. */
#include "emit_files.h"
#include "emit_text.h"

static void put_origin(struct emission *e, const char *file, struct buffer *out)
{
    buffer_printf(out,
                  "# %s/%s: written by lstmc. Do not edit; change the spec and run lstmc again.\n",
                  e->name, file);
}

void put_cmake(struct emission *e, struct buffer *out)
{
    put_origin(e, "CMakeLists.txt", out);
    buffer_printf(
        out,
        "#   cmake -S . -B build && cmake --build build    makes build/%s\n"
        "cmake_minimum_required(VERSION 3.20)\n"
        "project(%s C)\n"
        "\n"
        "if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)\n"
        "  set(CMAKE_BUILD_TYPE Release CACHE STRING \"\" FORCE)\n"
        "endif()\n"
        "set(CMAKE_C_FLAGS_RELEASE \"-O2\")\n"
        "\n"
        "find_package(lstmc CONFIG REQUIRED)\n"
        "add_executable(%s main.c tables.c forward.c backward.c update.c sample.c\n"
        "  kernels_avx512.c kernels_avx2.c kernels_baseline.c)\n"
        "target_link_libraries(%s PRIVATE lstmc::runtime)\n"
        "set_target_properties(%s PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS "
        "OFF)\n"
        "target_compile_options(%s PRIVATE -ffp-contract=off) # the kernels allow it by pragma\n",
        e->name, e->name, e->name, e->name, e->name, e->name);
}

void put_make(struct emission *e, struct buffer *out)
{
    put_origin(e, "Makefile", out);
    buffer_printf(
        out,
        "#   make    makes ./%s; PKG_CONFIG_PATH tells where lstmc is installed\n"
        "CFLAGS = -O2\n"
        "override CFLAGS += -std=c11 -ffp-contract=off $(shell pkg-config --cflags lstmc)\n"
        "LDLIBS = $(shell pkg-config --libs lstmc)\n"
        "OBJECTS = main.o tables.o forward.o backward.o update.o sample.o \\\n"
        "  kernels_avx512.o kernels_avx2.o kernels_baseline.o\n"
        "\n"
        "%s: $(OBJECTS)\n"
        "\t$(CC) $(LDFLAGS) -o $@ $(OBJECTS) $(LDLIBS)\n"
        "$(OBJECTS): %s.h kernels.h\n"
        "kernels_avx512.o kernels_avx2.o kernels_baseline.o: kernels.inc\n"
        "\n"
        "clean:\n"
        "\trm -f %s $(OBJECTS)\n"
        ".PHONY: clean\n",
        e->name, e->name, e->name, e->name);
}
