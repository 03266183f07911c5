import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.tsp.TimeStampToken;

/** Judge SIGNATURE CONTENT|- ...: one line for each pair, what Bouncy Castle says of it. */
class Judge {
    public static void main(String[] args) throws Exception {
        for (int i = 0; i + 1 < args.length; i += 2) {
            try {
                System.out.println(judge(args[i], args[i + 1]));
            } catch (Exception e) {
                System.out.println("refused: " + e.getMessage());
            }
        }
    }

    static String judge(String signature, String content) throws Exception {
        byte[] der = Files.readAllBytes(Path.of(signature));
        CMSSignedData cms = content.equals("-") ? new CMSSignedData(der)
            : new CMSSignedData(new CMSProcessableByteArray(Files.readAllBytes(Path.of(content))), der);
        int verified = 0;
        String stamped = "";
        for (SignerInformation signer : cms.getSignerInfos().getSigners()) {
            Object cert = cms.getCertificates().getMatches(signer.getSID()).iterator().next();
            if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().build((X509CertificateHolder) cert)))
                return "refused: signature";
            verified++;
            Attribute token = signer.getUnsignedAttributes() == null ? null
                : signer.getUnsignedAttributes().get(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken);
            if (token != null && !stamps(ContentInfo.getInstance(token.getAttrValues().getObjectAt(0)), signer.getSignature()))
                return "refused: time stamp";
            if (token != null) stamped = ", stamped";
        }
        return "verified " + verified + stamped;
    }

    /** Reports whether a token is about data; the error is that of a token whose signature is wrong. */
    static boolean stamps(ContentInfo message, byte[] data) throws Exception {
        TimeStampToken token = new TimeStampToken(message);
        Object cert = token.getCertificates().getMatches(token.getSID()).iterator().next();
        token.validate(new JcaSimpleSignerInfoVerifierBuilder().build((X509CertificateHolder) cert));
        String hash = token.getTimeStampInfo().getMessageImprintAlgOID().getId();
        return Arrays.equals(MessageDigest.getInstance(hash).digest(data), token.getTimeStampInfo().getMessageImprintDigest());
    }
}
