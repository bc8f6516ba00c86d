# Writes SQL files as C string literals: awk -f sql_embed.awk FILE... > sql_embed.c
#
# The folder of a file (migrations, functions, views) says which table it belongs to; the order of the
# arguments is kept.

function begin(    parts, count, base) {
	count = split(FILENAME, parts, "/")
	folder = parts[count - 1]
	base = parts[count]
	name[++files] = folder "/" base
	version[files] = base + 0
	is_migration[files] = folder == "migrations"
	printf "\nstatic const char text_%d[] =", files
}

BEGIN {
	print "#include \"csms/sql_embed.h\"\n\n#include <stddef.h>"
}

FNR == 1 {
	if (files > 0)
		print ";"
	begin()
}

{
	# "??(" and its like are trigraphs in C11.
	gsub(/[\\"?]/, "\\\\&")
	printf "\n\t\"%s\\n\"", $0
}

function table(title, migrations,    i) {
	printf "\nstatic const struct sql_file %s[] = {\n", title
	for (i = 1; i <= files; i++)
		if (is_migration[i] == migrations)
			printf "\t{ \"%s\", %d, text_%d },\n", name[i], version[i], i
	print "\t{ NULL, 0, NULL },\n};"
}

END {
	if (files > 0)
		print ";"
	table("migrations", 1)
	table("routines", 0)
	print "\nconst struct sql_set sql_embedded = { migrations, routines };"
}
