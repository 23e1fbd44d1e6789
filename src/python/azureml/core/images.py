"""Images that a script logs: the name of the file and, for a plot, its content."""
import os
import time


def image_name(name, path):
    """`<name>_<milliseconds>` with the extension of the file, or .png; characters that no file name takes become `_`."""
    extension = os.path.splitext(path)[1] if isinstance(path, (str, os.PathLike)) else ""
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in str(name)) or "image"
    return "%s_%d%s" % (safe.lstrip(".") or "image", time.time_ns() // 1_000_000, extension or ".png")


def png_of(plot):
    """The plot (matplotlib's pyplot or a figure) as a stream of PNG."""
    import io

    stream = io.BytesIO()
    plot.savefig(stream, format="png")
    stream.seek(0)
    return stream
