"""The models that workers load, and how they are loaded.

catalogue.py             what MODEL may name; finds the files, checks their sha256, explains what is wrong; start here
classifier.py            one ONNX Runtime session and its tokenizer: texts in, labels and scores out
golden.py                `python -m system.models.golden`: what the model itself answers, for tests to compare with
distilbert-sst2-small/   the embedded model and its card; the default, so that nothing needs a download

Loading is on the path of every restart, so each library here earned its place. Measured warm on one busy core of an
AMD EPYC: `import tokenizers` 0.03 s and 0.03 s to read tokenizer.json; `import onnxruntime` 0.25 s (most of it numpy)
and 0.2 s to build the session; sha256 of the 23 MB graph 0.015 s, cheap enough to check at every start. The same
tokenizer through `transformers` gives the same tokens and costs 1.9 s of import, more than the whole start.
"""
