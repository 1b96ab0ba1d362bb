"""The models that workers load, and how they are loaded.

catalogue.py             what MODEL may name; reads the files, checks their sha256, explains what is wrong; start here
shelf.py                 the folder of a model that is downloaded, and who downloads it
download.py              one file over HTTP, resumed where it was cut
progress.py              how far that is, for a log or a terminal
source.py                a hub, and the cache
settings.py              what the environment says of these two
fetch.py                 `python -m system.models.fetch`: a download before it is needed
classifier.py            one ONNX Runtime session and its tokenizer: texts in, labels and scores out
golden.py                `python -m system.models.golden`: what the model itself answers, for tests to compare with
distilbert-sst2-small/   the embedded model and its card; the default, so that nothing needs a download

    classifier ◄─ catalogue.read ◄─ embedded model, or a directory of one's own
                       └ only for a model with an origin: shelf ◄─ cache ◄─ download ◄─ hub or mirror

Loading is on the path of every restart, so each library here earned its place. Measured warm on one busy core of an
AMD EPYC: `import tokenizers` 0.03 s and 0.03 s to read tokenizer.json; `import onnxruntime` 0.25 s (most of it numpy)
and 0.2 s to build the session; sha256 of the 23 MB graph 0.015 s, cheap enough to check at every start. The same
tokenizer through `transformers` gives the same tokens and costs 1.9 s of import, more than the whole start.

The download is by `requests`, which heeds proxies and certificates of the environment. The hub's own client, which
`tokenizers` brings along, asks more of a server than a plain mirror gives, begins anew after a process was killed, and
checks no sha256 that was pinned by its user.
"""
