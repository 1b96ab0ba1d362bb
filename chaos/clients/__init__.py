"""Who asks: the clients of the bundled system, and what becomes of an answer.

client            the clients that a workload is sent with
infer_session     turns texts into HTTP and replies into outcomes
wire              carries them, over real connections or simulated ones
roaming_session   asks the next coordinator where one does not answer
outcomes          the one table of what is done, not done and unknown
"""
