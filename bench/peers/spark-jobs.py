"""The benchmark's cases as Spark jobs, one a process: spark-jobs.py CASE SLOTS SCRATCH OUT ARGS...

They use DataFrames, which run inside the JVM: the RDD forms ship every word to Python and back, and
are an order of magnitude slower. OUT becomes a folder of part files, in order where order matters.
"""

import sys

from pyspark.sql import SparkSession, functions as f


def word_count(spark, out, source):
    words = lines(spark, source).select(f.explode(f.split("value", " ")).alias("word"))
    words.groupBy("word").count().write.csv(out, sep="\t", quote="")


def sort_lines(spark, out, source):
    lines(spark, source).orderBy("value").write.text(out)


def grep(spark, out, source, pattern):
    lines(spark, source).where(f.col("value").rlike(pattern)).write.text(out)


def inverted_index(spark, out, source):
    # `distinct` first: `collect_set` of this many words falls back to sorting, and takes longer.
    named = spark.read.text(source).select("value", f.col("_metadata.file_name").alias("file"))
    words = named.select(f.explode(f.split("value", " ")).alias("word"), "file").distinct()
    files = f.array_join(f.sort_array(f.collect_list("file")), ",")
    words.groupBy("word").agg(files.alias("files")).select(
        f.concat_ws("\t", "word", "files").alias("value")
    ).write.text(out)


def lines(spark, source):
    return spark.read.text(source)


CASES = {
    "word-count": word_count,
    "sort-lines": sort_lines,
    "grep": grep,
    "inverted-index": inverted_index,
}


def main():
    case, slots, scratch, out, *args = sys.argv[1:]
    spark = (
        SparkSession.builder.master(f"local[{slots}]")
        .config("spark.driver.memory", "4g")
        .config("spark.local.dir", scratch)
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", slots)
        .getOrCreate()
    )
    CASES[case](spark, out, *args)
    spark.stop()


main()
