"""Training and prediction on secret shares: three holders compute together, none sees another's people.

In: a table that is cut among three holders, and a public plan (model, steps, polynomial). Out: probabilities for each
holder's own test people, the model where the plan opens it, and what it cost. Two engines behind one interface: SPU
(ABY3) where its wheel exists, MPyC (Shamir) everywhere. Each holder is a process of its own.
"""
