import java.io.ByteArrayInputStream;
import java.io.File;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.Arrays;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.bouncycastle.asn1.ASN1InputStream;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.tsp.TimeStampToken;

/**
 * Judge FILE...: one line for each, what PDFBox and Bouncy Castle say of the signature or time stamp of the whole file,
 * with the number of both in the file.
 */
class Judge {
    public static void main(String[] args) {
        java.util.logging.LogManager.getLogManager().reset();
        for (String name : args) {
            try (PDDocument document = PDDocument.load(new File(name))) {
                System.out.println(judge(document, Files.readAllBytes(new File(name).toPath())));
            } catch (Throwable e) {
                System.out.println("refused: " + e);
            }
        }
    }

    static String judge(PDDocument document, byte[] file) throws Exception {
        PDSignature newest = null;
        for (PDSignature s : document.getSignatureDictionaries())
            if (end(s) == file.length) newest = s;
        if (newest == null) return "no signature of the whole file";
        int[] range = newest.getByteRange();
        if (file[range[1]] != '<' || file[range[2] - 1] != '>') return "another gap";
        ByteArrayInputStream contents = new ByteArrayInputStream(newest.getContents(file));
        ContentInfo message = ContentInfo.getInstance(new ASN1InputStream(contents).readObject());
        int all = document.getSignatureDictionaries().size();
        if (newest.getSubFilter().equals("ETSI.RFC3161"))
            return stamps(message, newest.getSignedContent(file)) ? "stamp verified " + all : "another time stamp";
        CMSSignedData cms = new CMSSignedData(new CMSProcessableByteArray(newest.getSignedContent(file)), message);
        String stamped = "";
        for (SignerInformation signer : cms.getSignerInfos().getSigners()) {
            Object cert = cms.getCertificates().getMatches(signer.getSID()).iterator().next();
            if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().build((X509CertificateHolder) cert)))
                return "another signature";
            Attribute token = signer.getUnsignedAttributes() == null ? null
                : signer.getUnsignedAttributes().get(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken);
            if (token != null && !stamps(ContentInfo.getInstance(token.getAttrValues().getObjectAt(0)), signer.getSignature()))
                return "another time stamp";
            if (token != null) stamped = ", stamped";
        }
        return "verified " + all + stamped;
    }

    /** Reports whether a token is about data; the error is that of a token whose signature is wrong. */
    static boolean stamps(ContentInfo message, byte[] data) throws Exception {
        TimeStampToken token = new TimeStampToken(message);
        Object cert = token.getCertificates().getMatches(token.getSID()).iterator().next();
        token.validate(new JcaSimpleSignerInfoVerifierBuilder().build((X509CertificateHolder) cert));
        String hash = token.getTimeStampInfo().getMessageImprintAlgOID().getId();
        return Arrays.equals(MessageDigest.getInstance(hash).digest(data), token.getTimeStampInfo().getMessageImprintDigest());
    }

    static long end(PDSignature s) {
        int[] range = s.getByteRange();
        return range == null || range.length != 4 ? -1 : (long) range[2] + range[3];
    }
}
